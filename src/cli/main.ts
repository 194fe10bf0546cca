console.log('peapod');
